using ControlTower.Data.Notifications;
using ControlTower.Sync.Connections;

namespace ControlTower.Sync.Notifications;

/// <summary>Takes a message to its channel once, within a limit: opens the secrets, finds the way, says what became of it.</summary>
public sealed class MessagePost(IEnumerable<IMessageSender> senders, SecretSeal seal, TimeProvider clock)
{
    /// <summary>A receiver that has not answered by then has not.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <param name="to">Addresses of an e-mail; null for the channel's own.</param>
    public async Task<SendAnswer> SendAsync(NotificationChannel channel, Message message, string? to, CancellationToken cancel)
    {
        if (Open(channel) is not { } secrets)
        {
            return SendAnswer.No("The stored secrets cannot be opened with this installation's keys. Enter them again.");
        }

        IReadOnlyList<string> addresses = channel.Kind != ChannelKind.Email ? [] : to is not null ? [to] : ChannelRules.Addresses(channel.Settings.To);
        if (channel.Kind == ChannelKind.Email && addresses.Count == 0)
        {
            return SendAnswer.No("There is no address to send it to.");
        }

        using var patience = new CancellationTokenSource(Patience, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            return await senders.First(sender => sender.Sends(channel.Kind)).SendAsync(new MessagePlace(channel.Kind, channel.Settings, secrets, addresses), message, ending.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return SendAnswer.No("No answer in time.");
        }
    }

    /// <summary>Null if the key ring cannot open them.</summary>
    public IReadOnlyDictionary<string, string>? Open(NotificationChannel channel) =>
        channel.Secrets is not { } kept ? None : seal.TryOpen(SealName(channel.Id), kept, out var secrets) ? secrets : null;

    public byte[]? Seal(Guid channel, IReadOnlyDictionary<string, string> secrets) => secrets.Count == 0 ? null : seal.Seal(SealName(channel), secrets);

    // No connection has a key with a slash: what is sealed here opens nowhere else.
    private static string SealName(Guid channel) => $"channel/{channel:N}";
}
