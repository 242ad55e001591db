// The one line of the page that Rust cannot say: an import that may fail. A static import would take the page
// down with it; this one ends in an error card with a retry.
export const importEngine = (url) => import(url);
