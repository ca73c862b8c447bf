// Where this copy of the app lives. Another one may live in another folder of
// the same origin, with which it shares the browser's storage: the names of
// what either keeps begin with its folder.

export const FOLDER = new URL("./", document.baseURI).pathname;
