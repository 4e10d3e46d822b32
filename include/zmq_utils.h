/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* Kept for programs that still include it: everything it once declared is in zmq.h. */

#ifndef __ZMQ_UTILS_H_INCLUDED__
#define __ZMQ_UTILS_H_INCLUDED__

#if defined __GNUC__ && !defined ZMQ_UTILS_NO_NOTICE
#pragma message("zmq_utils.h is deprecated: include zmq.h instead")
#endif

#include "zmq.h"

#endif
