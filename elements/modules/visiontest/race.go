//go:build race

package visiontest

const underRace = true
