export { decodePageMap, encodePageMap, MAX_ENCODED_PAGE_MAP_BYTES } from './codec.ts';
export { DEFAULT_PAGE_MAP_LIMITS, type PageMapLimits } from './limits.ts';
export { type Owner, type OwnerRun, pieceOwners, REST, STRUCTURE } from './owners.ts';
export {
  type BuildPageMapOptions,
  buildPageMap,
  type LinearPageMapOptions,
  linearPageMap,
  type PageMap,
  type PageMapDetails,
} from './page-map.ts';
export { generatePageView, type PageViewOptions } from './page-view.ts';
