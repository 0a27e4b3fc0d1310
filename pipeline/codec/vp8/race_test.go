//go:build race

package vp8

// underRace shortens what is slow with the race detector, and has no
// goroutines to race with each other. All of it runs without the detector.
const underRace = true
