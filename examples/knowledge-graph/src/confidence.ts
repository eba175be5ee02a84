// How evidence makes a confidence: the same in the service, in migrations/ and in gonogo.yaml (noisy-or).

/** How sure several independent pieces of evidence make us: 1 - (1 - w1)(1 - w2)...; 6 decimals, so that equal stays equal. */
export const COMBINED_CONFIDENCE = 'round(1 - exp(sum(ln(1 - weight))), 6)'
