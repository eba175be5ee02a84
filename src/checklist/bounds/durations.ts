// Durations inside running text: "2 hours", "30-minute", "24h", "10 минут", "5分".

const UNIT_MS: [RegExp, number][] = [
  [/^(?:ms|msecs?|millis|milliseconds?|мс|毫秒|ミリ秒)$/i, 1],
  [/^(?:s|secs?|seconds?|segundos?|secondes?|sekunden?|сек|секунд[аы]?|秒|秒間|초)$/i, 1000],
  [/^(?:m|mins?|minutes?|minutos?|minuten?|мин|минут[аы]?|分|分钟|分鐘|分間|분)$/i, 60_000],
  [/^(?:h|hrs?|hours?|horas?|heures?|stunden?|ч|час(?:а|ов)?|小时|小時|時間|시간)$/i, 3_600_000],
  [/^(?:d|days?|d[ií]as?|jours?|tage?n?|дн(?:я|ей)|день|天|日|일)$/i, 86_400_000],
  [/^(?:w|wks?|weeks?|semanas?|semaines?|wochen?)$/i, 604_800_000],
  [/^months?$/i, 30 * 86_400_000],
]

/** Alternatives for a regular expression, longest first. */
export const DURATION_UNIT =
  '(?:milliseconds?|millis|msecs?|ms|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|months?|' +
  'segundos?|secondes?|sekunden?|minutos?|minuten?|horas?|heures?|stunden?|d[ií]as?|jours?|tage?n?|semanas?|semaines?|wochen?|' +
  '초|분|시간|일|мс|секунд[аы]?|сек|минут[аы]?|мин|час(?:а|ов)?|ч|дн(?:я|ей)|毫秒|ミリ秒|秒間|秒|分钟|分鐘|分間|分|小时|小時|時間|' +
  '[smhdw])(?![a-zA-Zа-яё])'

/** Milliseconds of `amount` units, or null when it is no unit of time. A month counts 30 days. */
export function durationMs(amount: number, unit: string): number | null {
  const known = UNIT_MS.find(([pattern]) => pattern.test(unit))
  return known ? amount * known[1] : null
}
