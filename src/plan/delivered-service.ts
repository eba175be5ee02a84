// One service of a delivery: most deliveries have one, those of several go forward in this order and back in the reverse.
export interface DeliveredService {
  /** Empty where the delivery is of one service only. */
  name: string
  /** Name of its target, and of its router; null where the target's versions take each other's place. */
  target: string
  router: string | null
  /** Its own versions, where they are called otherwise than those of the delivery. */
  candidate: string | null
  stable: string | null
}

/** What a release is about: the version that serves, and the one that is to. */
export interface Versions {
  stable: string
  candidate: string
}

/** A service that the release leaves as it is: nothing of it is moved or stopped. */
export const stays = ({ stable, candidate }: Versions): boolean => stable === candidate

/** A service and its versions as it calls them itself. */
export interface VersionedService {
  service: DeliveredService
  versions: Versions
}
