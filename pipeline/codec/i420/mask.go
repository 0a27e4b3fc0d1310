package i420

// Mask is a shape: how much of a colour each pixel of an area takes, 255 for all of it.
type Mask struct {
	Width, Height int
	Pix           []byte // row by row, without gaps
}

// Paint mixes a colour into p through a mask whose left upper corner is at x, y. Parts beyond p are left out.
func (p *Picture) Paint(c Color, m *Mask, x, y int) {
	left, right := max(0, -x), min(m.Width, p.Width-x)
	top, bottom := max(0, -y), min(m.Height, p.Height-y)
	if left >= right || top >= bottom {
		return
	}
	for row := top; row < bottom; row++ {
		to := p.Y[(y+row)*p.YStride+x+left:][:right-left]
		for i, a := range m.Pix[row*m.Width+left : row*m.Width+right] {
			if a != 0 {
				to[i] = mix(to[i], c.Y, uint(a))
			}
		}
	}
	for cy := (y + top) / 2; cy <= (y+bottom-1)/2; cy++ {
		for cx := (x + left) / 2; cx <= (x+right-1)/2; cx++ {
			if a := m.shared(2*cx-x, 2*cy-y); a != 0 {
				i := cy*p.CStride + cx
				p.U[i], p.V[i] = mix(p.U[i], c.U, a), mix(p.V[i], c.V, a)
			}
		}
	}
}

// shared is the mean of the four pixels that share chroma; what is outside the mask counts as 0.
func (m *Mask) shared(x, y int) uint {
	sum := uint(2)
	for row := max(0, y); row < min(m.Height, y+2); row++ {
		for col := max(0, x); col < min(m.Width, x+2); col++ {
			sum += uint(m.Pix[row*m.Width+col])
		}
	}
	return sum / 4
}

func mix(a, b byte, share uint) byte {
	return byte((uint(b)*share + uint(a)*(255-share) + 127) / 255)
}
