import { type Random, randomInteger } from '@pageswarm/primitives';

/** Words that a sample document is written with, all of them in the WinAnsi encoding that standard PDF fonts speak. */
export type Vocabulary = readonly string[];

export const ENGLISH: Vocabulary = words(`
  a the of and to in every some many swarm peer host page piece leaf tracker document library reader network link byte root tree
  hash sends keeps finds asks serves shares counts checks joins leaves waits grows slow fast near far honest broken whole partial
  from with over under between before after while until because together alone again always never often`);

export const SPANISH: Vocabulary = words(`
  la el los las una de y en que con por para física energía fuerza masa velocidad aceleración órbita péndulo átomo partícula
  electrón fotón líquido sólido presión temperatura gravedad inercia fricción ángulo índice señal año niño pequeño según también
  más está será mide cae gira pesa mueve calienta enfría empuja refleja explica cuándo dónde cómo`);

function words(text: string): Vocabulary {
  return text.trim().split(/\s+/);
}

/** One sentence of 6 to 14 words: a capital first, a full stop last. */
export function sentence(vocabulary: Vocabulary, random: Random): string {
  const chosen = Array.from({ length: randomInteger(random, 6, 15) }, () => vocabulary[randomInteger(random, 0, vocabulary.length)] ?? '');
  const text = chosen.join(' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** As many lines of running text, each of at most `width` characters. */
export function lines(vocabulary: Vocabulary, random: Random, count: number, width: number): string[] {
  const result: string[] = [];
  let line = '';
  while (result.length < count)
    for (const word of sentence(vocabulary, random).split(' ')) {
      if (line.length + 1 + word.length > width) {
        result.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
  return result.slice(0, count);
}
