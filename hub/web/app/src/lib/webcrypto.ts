/** Stands in for Node's module "crypto", which @hpke/core would load where a browser has none. */
export const webcrypto = globalThis.crypto;
