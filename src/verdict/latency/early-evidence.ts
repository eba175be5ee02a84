// Whether evidence that comes before baseline was watched for long could be the work of one burst of slow requests.

/** Plain data. */
export interface EarlyEvidence {
  /** ln e after the look before. */
  logE: number
  /** What that look added to it. */
  gain: number
  /** The most that two looks in a row added. */
  burst: number
  /** How many looks more added to it than took from it. */
  majority: number
}

export function noEvidence(): EarlyEvidence {
  return { logE: 0, gain: 0, burst: 0, majority: 0 }
}

/** Learns a look. @param logE ln e after it, without the bets on a few slow requests. */
export function learnEvidence(state: EarlyEvidence, logE: number): void {
  const gain = logE - state.logE
  state.burst = Math.max(state.burst, gain, gain + state.gain)
  if (Math.abs(gain) > SAME) state.majority += Math.sign(gain)
  state.logE = logE
  state.gain = gain
}

/** Whether most looks say the same, and not two in a row all of it: bursts leave most looks as they were. */
export function isSteady({ logE, burst, majority }: EarlyEvidence): boolean {
  return majority >= MAJORITY_MIN && logE - burst >= BESIDES_BURST
}

/** In looks. Each one more delays a canary of twice the time at one request a second by half a second. */
const MAJORITY_MIN = 4
/** ln e that must come from elsewhere. */
const BESIDES_BURST = 0.5
/** Looks without candidate requests change nothing but what is still kept. */
const SAME = 1e-3
