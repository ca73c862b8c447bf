//go:build !unix

package regular

// withoutWaiting is nothing: here files have names of their own.
const withoutWaiting = 0
