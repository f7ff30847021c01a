using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>The note of our refunds. It carries our key, by which a refund is found again and its echo known; people may read it in the order's history.</summary>
internal static class RefundNote
{
    private const string Start = "ControlTower return ";

    public static string Write(PostingKey key) => Start + key.Value;

    /// <summary>Null if it is no refund of ours. Others may write what they like into a note: the key only counts where it names a refund that we asked for.</summary>
    public static PostingKey? Read(string? note) => note is not null && note.StartsWith(Start, StringComparison.Ordinal)
        && note[Start.Length..] is { Length: >= 8 and <= 35 } key && key.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '-') ? new PostingKey(key) : null;
}
