package fetch

// code is the code of every diagnostic of this package.
const code = "data"
