//! Nothing: what is of interest are the tests, those of the crate `zmq` and those beside them.
