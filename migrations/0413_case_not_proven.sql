-- What was called proven although nothing was read back. Only rows are locked: the desk goes on beside it.
update exception_case set proven = false where proven and resolution in ('The order went on.', 'The message was read and applied.');
