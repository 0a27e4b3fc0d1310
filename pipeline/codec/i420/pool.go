package i420

import "sync"

// Pool keeps pictures that are not used any more, for others of any size. It is safe for concurrent use; the zero value is
// ready.
type Pool struct{ pool sync.Pool }

// Get returns a picture of a size, whose content is undefined. It belongs to the caller until Put.
func (p *Pool) Get(width, height int) *Picture {
	pic, _ := p.pool.Get().(*Picture)
	if pic == nil {
		pic = &Picture{}
	}
	pic.Resize(width, height)
	return pic
}

// Put takes a picture back that Get has given. Nobody may use it afterwards.
func (p *Pool) Put(pic *Picture) { p.pool.Put(pic) }
