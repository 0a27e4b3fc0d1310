package demux

// ID3Head is the size of the header of an ID3v2 tag.
const ID3Head = 10

// ID3Size is the size of the whole ID3v2 tag that begins so, 0: none does. It has seven bits in a byte (id3.org, "ID3 tag version
// 2.4.0" §3.1).
func ID3Size(head []byte) int64 {
	if len(head) < ID3Head || string(head[:3]) != "ID3" {
		return 0
	}
	size := ID3Head + syncsafe(head[6:])
	if head[5]&0x10 != 0 { // footer
		size += ID3Head
	}
	return size
}

// ID3Private is the data of the PRIV frame of an owner in an ID3v2 tag, or in the beginning of one; nil: there is none.
func ID3Private(tag []byte, owner string) []byte {
	if ID3Size(tag) == 0 || tag[3] < 3 { // version 2.2 has other frames
		return nil
	}
	number := syncsafe
	if tag[3] == 3 { // its sizes are plain
		number = func(b []byte) int64 { return int64(b[0])<<24 | int64(b[1])<<16 | int64(b[2])<<8 | int64(b[3]) }
	}
	rest := tag[ID3Head:min(int64(len(tag)), ID3Size(tag))]
	if tag[5]&0x40 != 0 { // an extended header
		if len(rest) < 4 {
			return nil
		}
		size := number(rest)
		if tag[3] == 3 {
			size += 4
		}
		rest = rest[min(size, int64(len(rest))):]
	}
	const frameHead = 10
	for len(rest) >= frameHead && rest[0] != 0 { // 0: padding
		size := min(number(rest[4:]), int64(len(rest)-frameHead))
		data := rest[frameHead : frameHead+size]
		if n := len(owner); string(rest[:4]) == "PRIV" && len(data) > n && string(data[:n]) == owner && data[n] == 0 {
			return data[n+1:]
		}
		rest = rest[frameHead+size:]
	}
	return nil
}

func syncsafe(b []byte) int64 {
	return int64(b[0]&0x7f)<<21 | int64(b[1]&0x7f)<<14 | int64(b[2]&0x7f)<<7 | int64(b[3]&0x7f)
}
