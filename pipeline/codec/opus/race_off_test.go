//go:build !race

package opus

const raceDetector = false
