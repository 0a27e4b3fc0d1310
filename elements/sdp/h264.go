package sdp

import (
	"slices"
	"strconv"
	"strings"
)

// Profiles of H.264 as they stand in Format.Params: the first two bytes of a
// profile-level-id (profile_idc and the constraint flags), one spelling for each
// profile although several flag combinations mean the same one.
const (
	constrainedBaseline = "42e0"
	baseline            = "4200"
	mainProfile         = "4d00"
	highProfile         = "6400"
	constrainedHigh     = "640c"
)

// h264Params turns fmtp parameters (RFC 6184 §8.1) into what tells H.264 streams
// apart: profile and packetization-mode, as in "42e0;1". The level is left out:
// a receiver's level bounds size and rate, not what it can decode. ok is false
// for what nobody here can send or receive: interleaved mode, or a
// profile-level-id that is none.
func h264Params(fmtp string) (params string, ok bool) {
	mode := fmtpValue(fmtp, "packetization-mode")
	switch mode {
	case "":
		mode = "0"
	case "0", "1":
	default:
		return "", false
	}
	id := fmtpValue(fmtp, "profile-level-id")
	if id == "" {
		id = "42000a" // RFC 6184 §8.1: Baseline, level 1
	}
	profile, ok := h264Profile(id)
	return profile + ";" + mode, ok
}

// h264Profile names the profile of a profile-level-id by RFC 6184 §8.1, table 5.
// Baseline counts as Constrained Baseline: browsers offer both for one and the
// same encoder, and nobody sends what only Baseline has (FMO, ASO, redundant
// slices), so telling them apart would keep Chromium's first H264 from Safari.
func h264Profile(id string) (profile string, ok bool) {
	bits, err := strconv.ParseUint(id, 16, 24)
	if err != nil || len(id) != 6 {
		return "", false
	}
	idc, flags := byte(bits>>16), byte(bits>>8)
	baselineToo := flags&0x80 != 0 // constraint_set0_flag: obeys Baseline's constraints as well
	switch {
	case idc == 0x42, idc == 0x4d && baselineToo, idc == 0x58 && baselineToo:
		return constrainedBaseline, true
	case idc == 0x4d:
		return mainProfile, true
	case idc == 0x64 && flags&0x0c == 0x0c:
		return constrainedHigh, true
	case idc == 0x64:
		return highProfile, true
	default:
		return strings.ToLower(id[:4]), true
	}
}

// h264Accepts tells whether a receiver of want can take a stream of have (both
// as h264Params writes them): a mode 1 receiver unpacks mode 0 too, and profiles
// contain each other (ITU-T H.264 §A.2).
func h264Accepts(want, have string) bool {
	wantProfile, wantMode, _ := strings.Cut(want, ";")
	haveProfile, haveMode, _ := strings.Cut(have, ";")
	if haveMode > wantMode {
		return false
	}
	if haveProfile == wantProfile {
		return true
	}
	switch haveProfile {
	case constrainedBaseline:
		return slices.Contains([]string{mainProfile, constrainedHigh, highProfile}, wantProfile)
	case mainProfile, constrainedHigh:
		return wantProfile == highProfile
	default:
		return false
	}
}
