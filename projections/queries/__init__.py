"""From a question to an answer: filters, the three clocks, composition of SQL, and the reader."""
