package gstreamer

// passes is embedded by elements that let media pass as it is. It need not even be decoded for them.
type passes struct{}

func (passes) idle() bool { return true }

// identity has its properties for debugging only, and queue nothing to decouple: filters have queues of their own.
type (
	identity struct{ passes }
	queue    struct{ passes }
)

// level measures, and tells the program that GStreamer is part of. Clients of this server have no way to be told.
type level struct{ passes }

// videoscale scales to what the next element can take, which here is everything; see capsfilter.
type videoscale struct{ passes }
