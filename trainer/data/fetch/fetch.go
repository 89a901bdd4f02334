// Package fetch brings files and archives from a network: with a limit of their size, with patience for slow servers and none for silent
// ones, and of archives those entries alone that are wanted. It knows no data set. Start with Bytes and Archive.
package fetch

// code is the code of every diagnostic of this package.
const code = "data"
