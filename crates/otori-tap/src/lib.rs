//! Packets in and verdicts out: capture files, AF_PACKET, NFQUEUE, inline pair.
