export { type Faults, FaultyFileOperations } from './faulty-file-operations.ts';
export { MODIFICATION_TOLERANCE_MS } from './file-document-opener.ts';
export { MAX_OPEN_FILES } from './file-handles.ts';
export { type FileFacts, type FileOperations, NodeFileOperations, type OpenFile, type OpenFlags } from './file-operations.ts';
export { FileStore, type FileStoreOptions } from './file-store.ts';
export { MEMORY_STORE_BYTES, MemoryStore } from './memory-store.ts';
export { type DocumentPieces, MAX_READ_BYTES, type OpenOptions, type PieceStore, type StoredDocumentSpec } from './piece-store.ts';
export { MAX_WRITE_RUN_BYTES } from './piece-writer.ts';
export { candidateFileNames, MAX_FILE_NAME_BYTES, MAX_NUMBERED_NAMES, safeFileName } from './safe-file-name.ts';
