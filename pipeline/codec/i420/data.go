package i420

// Bytes is how many a picture of a size takes without gaps: Y, U, V.
func Bytes(width, height int) int { return width*height + 2*((width+1)/2)*((height+1)/2) }

// Over is the picture of a size whose planes lie in data without gaps, as in packets. It shares the memory. ok is false when
// data has not that size, or the size is none.
func Over(data []byte, width, height int) (p Picture, ok bool) {
	if width < 1 || height < 1 || width > MaxSize || height > MaxSize || len(data) != Bytes(width, height) {
		return Picture{}, false
	}
	chroma := (width + 1) / 2
	u, v := width*height, width*height+chroma*((height+1)/2)
	return Picture{
		Width: width, Height: height, YStride: width, CStride: chroma, Y: data[:u:u], U: data[u:v:v], V: data[v:],
		memory: data[:len(data):len(data)],
	}, true
}

// Data are the planes of p without gaps, as Over takes them; nil for a part of another picture.
func (p *Picture) Data() []byte { return p.memory }
