// Letters for character classes. Written out: the property `\p{L}` with the flags `iu` takes milliseconds a pattern to compile.

/** Ranges of the letters of Latin, Greek, Cyrillic, Japanese, Chinese and Korean text, for use inside `[...]`. */
export const L = 'A-Za-zÀ-ɏͰ-ӿぁ-ヿ一-鿿가-힣'

/** The same without those of scripts that write no spaces between words: there a number follows its noun directly. */
export const SPACED = 'A-Za-zÀ-ɏͰ-ӿ'
