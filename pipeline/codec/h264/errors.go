package h264

import "errors"

// Errors of Decode. After each of them the decoder waits for a key frame.
var (
	ErrNeedKeyFrame     = errors.New("h264: a key frame is needed")
	ErrTruncated        = errors.New("h264: access unit is truncated")
	ErrSyntax           = errors.New("h264: value is not allowed")
	ErrTooLarge         = errors.New("h264: picture is larger than the limit")
	ErrMissingReference = errors.New("h264: a reference picture is missing")
	// ErrUnsupported is what the package does not decode; what it is, is in the text.
	ErrUnsupported = errors.New("h264: not supported")
)
