// Weights of HAProxy's servers, whole numbers up to 256, so that the versions' shares come out as near as they can. Pure.

/** Also what each server of a version has that has everything: next to it any other weight is small. */
const WEIGHT_MAX = 256

/**
 * The weight of each server of a version, when two versions with so many servers share the requests.
 * @param share of the first, 0..1; neither gets 0 unless its share is 0.
 */
export function weightsFor(share: number, servers: [number, number]): [number, number] {
  if (share <= 0) return [0, WEIGHT_MAX]
  if (share >= 1) return [WEIGHT_MAX, 0]
  let best: [number, number] = [WEIGHT_MAX, WEIGHT_MAX]
  let off = Number.POSITIVE_INFINITY
  // One weight given, the other follows; of equally good ones the largest are taken, so that all are of one scale.
  for (let other = 1; other <= WEIGHT_MAX; other++) {
    const exact = (share / (1 - share)) * ((other * servers[1]) / servers[0])
    const own = Math.min(WEIGHT_MAX, Math.max(1, Math.round(exact)))
    const distance = Math.abs(shareOf([own, other], servers) - share)
    if (distance < off + 1e-9) {
      best = [own, other]
      off = distance
    }
  }
  return best
}

/** What the first of two versions gets, 0..1; 0 where nobody gets anything. */
export function shareOf(weights: readonly [number, number], servers: readonly [number, number]): number {
  const [own, other] = [weights[0] * servers[0], weights[1] * servers[1]]
  return own + other === 0 ? 0 : own / (own + other)
}
