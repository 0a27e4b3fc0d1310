//go:build race

package opus

// raceDetector tells that everything is ten times slower.
const raceDetector = true
