import { PDFArray, PDFDict, type PDFDocument, PDFName, type PDFObject, type PDFObjectCopier } from 'pdf-lib';

const [PROPERTIES, GROUPS, DEFAULT, BASE_STATE, ON, OFF] = ['OCProperties', 'OCGs', 'D', 'BaseState', 'ON', 'OFF'].map((name) =>
  PDFName.of(name),
) as [PDFName, PDFName, PDFName, PDFName, PDFName, PDFName];
/** Lists of a configuration that may simply follow one another. */
const LISTS = ['ON', 'OFF', 'AS', 'Order', 'RBGroups', 'Locked'].map((name) => PDFName.of(name));

/**
 * Takes over which layers of a document are shown (ISO 32000-1, 8.11.4): that stands in its catalog, and without it all of them are.
 * @param copier that copied its pages, so that their layers are those of the catalog
 */
export function addOptionalContent(target: PDFDocument, source: PDFDocument, copier: PDFObjectCopier): void {
  const found = source.catalog.lookupMaybe(PROPERTIES, PDFDict);
  if (!found) return;
  const added = copier.copy(found);
  const known = target.catalog.lookupMaybe(PROPERTIES, PDFDict);
  if (!known) {
    target.catalog.set(PROPERTIES, target.context.register(added));
    return;
  }
  const [settings, addedSettings] = [settingsOf(known), settingsOf(added)];
  const isOff = settings.lookup(BASE_STATE) === OFF;
  if (isOff !== (addedSettings.lookup(BASE_STATE) === OFF)) tellEach(added, addedSettings, isOff ? ON : OFF, isOff ? OFF : ON);
  append(known, GROUPS, itemsOf(added, GROUPS));
  for (const list of LISTS) append(settings, list, itemsOf(addedSettings, list));
}

/** Says of each layer that stands in no list of the `other` state that it has this `state`, which was the base so far. */
function tellEach(properties: PDFDict, settings: PDFDict, state: PDFName, other: PDFName): void {
  const others = new Set(itemsOf(settings, other));
  settings.delete(state);
  append(
    settings,
    state,
    itemsOf(properties, GROUPS).filter((group) => !others.has(group)),
  );
}

function settingsOf(properties: PDFDict): PDFDict {
  const settings = properties.lookupMaybe(DEFAULT, PDFDict);
  if (settings) return settings;
  const empty = properties.context.obj({});
  properties.set(DEFAULT, empty);
  return empty;
}

function itemsOf(dictionary: PDFDict, key: PDFName): PDFObject[] {
  const list = dictionary.lookup(key);
  return list instanceof PDFArray ? list.asArray() : [];
}

function append(dictionary: PDFDict, key: PDFName, items: readonly PDFObject[]): void {
  if (items.length > 0) dictionary.set(key, dictionary.context.obj([...itemsOf(dictionary, key), ...items]));
}
