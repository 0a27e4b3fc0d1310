package stream

// RequestKeyFrame asks whatever feeds this sender for a key frame; false when nothing does.
func (s *Sender) RequestKeyFrame() bool {
	s.mu.Lock()
	from := s.from
	s.mu.Unlock()
	if from == nil {
		return false
	}
	from.RequestKeyFrame()
	return true
}
