//go:build race

package h264

// underRace shortens what is slow with the race detector and has no goroutines
// that could race with each other. Make unit runs all of it without.
const underRace = true
