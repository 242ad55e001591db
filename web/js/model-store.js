/**
 * The model files that this browser keeps: whole or in part, by their SHA-256.
 */

/**
 * A kept file.
 *
 * @typedef {object} StoredModel
 * @property {string} id  the model's id in the manifest that it came from
 * @property {string} sha256
 * @property {number} size_bytes  of the whole file
 * @property {number} loaded_bytes  of which so many are here
 */

/**
 * What is kept and what there is room for; `quota_bytes` is null where the browser does not say, `is_kept` false where it
 * keeps nothing (private mode, sandboxed frame, insecure context).
 *
 * @typedef {{ used_bytes: number, quota_bytes: number | null, is_kept: boolean }} StorageUsage
 */

/** @returns {Promise<StoredModel[]>} */
export async function storedModels() {
  return [];
}

/** @returns {Promise<StorageUsage>} */
export async function storageUsage() {
  return { used_bytes: 0, quota_bytes: null, is_kept: false };
}

/**
 * Forgets a file, whole or in part.
 *
 * @param {string} _sha256
 */
export async function removeModel(_sha256) {}
