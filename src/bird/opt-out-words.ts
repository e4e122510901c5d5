/**
 * Words by which customers opt out, if the message contains nothing else. They are the keywords of carriers and
 * providers (Twilio's and Bird's defaults for SMS, Meta's marketing opt-out) and their usual translations.
 */
const WORDS: readonly string[] = [
  ...['stop', 'stopall', 'stop all', 'unsubscribe', 'cancel', 'end', 'quit', 'revoke', 'optout', 'opt out', 'opt-out'],
  ...['remove', 'remove me', 'stop promotions', 'stop messages'],
  // German, Dutch, Danish, Norwegian, Swedish, Finnish
  ...['stopp', 'abmelden', 'abbestellen', 'stoppen', 'afmelden', 'uitschrijven', 'afmeld', 'frameld', 'avsluta'],
  ...['avregistrera', 'lopeta'],
  // French, Spanish, Portuguese, Italian, Catalan, Romanian
  ...['arret', 'arrêter', 'désabonner', 'désinscrire', 'baja', 'alto', 'cancelar', 'parar', 'detener', 'salir'],
  ...['desuscribir', 'sair', 'descadastrar', 'remover', 'annulla', 'basta', 'disiscrivimi', 'cancella', 'dezabonare'],
  // Polish, Czech, Hungarian, Greek, Turkish, Indonesian, Vietnamese, Swahili
  ...['wypisz', 'rezygnuję', 'odhlásit', 'zrušit', 'leiratkozás', 'διακοπή', 'στοπ', 'iptal', 'dur', 'ret'],
  ...['berhenti', 'henti', 'dừng', 'hủy', 'acha', 'simama'],
  // Russian, Ukrainian, Arabic, Persian, Hebrew, Hindi, Bengali, Thai, Chinese, Japanese, Korean
  ...['стоп', 'отписаться', 'отмена', 'відписатися', 'скасувати', 'إيقاف', 'توقف', 'الغاء', 'إلغاء', 'لغو'],
  ...['הסר', 'עצור', 'रोकें', 'बंद करो', 'बंद', 'বন্ধ', 'หยุด', 'ยกเลิก', '退订', '退訂', '停止', '取消', '配信停止', '해지'],
  ...['수신거부', '중지'],
];

/** Made at its first use: that takes a twentieth of the whole import. */
let words: ReadonlySet<string> | undefined;

function foldedWords(): ReadonlySet<string> {
  words ??= new Set(WORDS.map(folded));
  return words;
}

/** Longer than any of the words, with emoji and exclamation marks around it. */
const MAX_LENGTH = 100;

/** Whether a text is an opt-out word and nothing else: `Stop!`, `ARRÊT`, `baja 🙏`, but not `Stop by at five`. */
export function isOptOutWord(text: string | undefined): boolean {
  return text !== undefined && text.length <= MAX_LENGTH && foldedWords().has(folded(text));
}

/** Without case, accents, punctuation and emoji. A number stays: `Cancel #4711` is about an order. */
function folded(text: string): string {
  const letters = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '');
  return letters.replace(/[\s-]+/g, ' ').trim();
}
