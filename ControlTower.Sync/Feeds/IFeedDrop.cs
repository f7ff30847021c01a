using ControlTower.Data.Feeds;

namespace ControlTower.Sync.Feeds;

/// <summary>A file on its way.</summary>
/// <param name="Secret">Password or private key; null for a folder.</param>
/// <param name="Fence">Of the turn: two nodes never write the same unfinished file.</param>
/// <param name="WriteAsync">Writes the whole file from its beginning; may be called again.</param>
/// <param name="PlacedAsync">Told at once when the file lies under its name: what fails afterwards does not undo the delivery.</param>
public sealed record FeedDelivery(FeedPlace Place, string? Secret, string File, long Bytes, byte[] Sha256, long Fence, Func<Stream, CancellationToken, Task> WriteAsync, Func<CancellationToken, Task>? PlacedAsync = null)
{
    /// <summary>The name while it is written: hidden, and not that of a finished file.</summary>
    public string Unfinished => $".{File}.{Fence.ToString(System.Globalization.CultureInfo.InvariantCulture)}.part";

    public Task SayPlacedAsync(CancellationToken cancel) => PlacedAsync?.Invoke(cancel) ?? Task.CompletedTask;

    /// <summary>An unfinished file of the same name, this one's or a dead node's.</summary>
    public bool IsUnfinished(string name) => name.StartsWith($".{File}.", StringComparison.Ordinal) && name.EndsWith(".part", StringComparison.Ordinal);
}

/// <summary>
/// A place that takes files. A file appears whole under its name or not at all: it is written under another name first. What lies there already with the same bytes is the same delivery; with other bytes it is never
/// replaced. Delivering may be repeated after any error that is not a <see cref="FeedRefusedException"/>.
/// </summary>
public interface IFeedDrop
{
    bool Takes(FeedPlace place);

    /// <exception cref="FeedRefusedException">Trying again would not help.</exception>
    /// <exception cref="IOException">It may be tried again.</exception>
    Task PutAsync(FeedDelivery delivery, CancellationToken cancel);
}

/// <summary>A file that may not go where it should, or must not go at all. The message is for people.</summary>
public sealed class FeedRefusedException(string message) : Exception(message);
