private import Glibc

/// An extended regular expression of POSIX (regex(7)).
public final class RegularExpression {
    private var compiled = regex_t()

    /// Compiles an expression (regcomp(3)); nil where it is none.
    ///
    /// - Parameter pattern: The expression.
    public init?(_ pattern: String) {
        // A failure leaves nothing to free.
        guard regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
    }

    deinit { regfree(&compiled) }

    /// Whether a part of a text matches (regexec(3)).
    ///
    /// - Parameter text: The text.
    /// - Returns: Whether one does.
    public func matches(_ text: String) -> Bool { regexec(&compiled, text, 0, nil, 0) == 0 }
}
