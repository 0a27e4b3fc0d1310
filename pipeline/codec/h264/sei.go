package h264

// seiRecoveryPoint is the payloadType of the recovery point (D.1.8).
const seiRecoveryPoint = 6

// recoversAtOnce tells whether an SEI message says that decoding may begin with this picture, all of it right.
func recoversAtOnce(rbsp []byte) bool {
	data := rbsp[:len(rbsp)-padding]
	for len(data) > 2 { // the last byte is the stop bit
		kind, size := 0, 0
		for _, v := range [...]*int{&kind, &size} {
			for len(data) > 0 && data[0] == 255 {
				*v += 255
				data = data[1:]
			}
			if len(data) == 0 {
				return false
			}
			*v += int(data[0])
			data = data[1:]
		}
		if size > len(data) {
			return false
		}
		if kind == seiRecoveryPoint {
			// The payload is followed by others and by the padding, so that whole words can be read.
			r := bitReader{data: rbsp[len(rbsp)-padding-len(data):], size: 8 * size}
			return r.ue() == 0 && !r.overrun() // recovery_frame_cnt
		}
		data = data[size:]
	}
	return false
}
