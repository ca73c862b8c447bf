// Package peak measures how much memory this process has taken.
package peak
