//go:build !race

package vp8

const underRace = false
