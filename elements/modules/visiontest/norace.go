//go:build !race

package visiontest

const underRace = false
