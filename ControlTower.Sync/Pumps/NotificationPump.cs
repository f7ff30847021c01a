using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Tells people. Looks for what has come due, and sends for each channel one message at a time to one person or place; a channel is in the hands of one node by a lease. At least once: a node that
/// dies between sending and settling has its last message repeated by the next, under the same id.
/// </summary>
public sealed partial class NotificationPump(
    TowerDataSources data, MessagePost post, MessageText text, NodeIdentity node, IOptions<NotificationOptions> options, TimeProvider clock, ILogger<NotificationPump> log)
    : IPump
{
    /// <summary>After so many tries, over about three hours, a message is given up until somebody asks for it again.</summary>
    public const int Tries = 12;

    /// <summary>Channels of a dead node are taken over after this long; longer than any sending takes.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(45);

    /// <summary>Between two looks for what has come due: warnings are about hours.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(1);

    private readonly SteadyClock steady = new(clock);
    private DateTimeOffset lookAt;

    public string Name => "notifications";

    public string Bell => "#notifications";

    public TimeSpan Idle => TimeSpan.FromSeconds(5);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        if (steady.Now >= lookAt)
        {
            lookAt = steady.Now + Look;
            await LookAsync(cancel);
        }

        var turns = await NoticeWork.HoldAsync(data.Work, node.Id, Lease, cancel);
        // Side by side, so that a receiver that is slow keeps no other waiting, and the run stays within its node's patience.
        var sent = await Task.WhenAll(turns.Select(turn => TellAsync(turn, cancel)));
        return new PumpRun(sent.Sum(one => one.Told), sent.Count(one => one.Trouble is not null), sent.Any(one => one.Told > 0), sent.FirstOrDefault(one => one.Trouble is not null).Trouble);
    }

    /// <summary>Hands the channels back, so that another node goes on at once.</summary>
    public Task StopAsync(CancellationToken cancel) => NoticeWork.ReleaseAsync(data.Work, node.Id, cancel);

    /// <summary>Longer after each failure, spread, and never before the receiver's own wish.</summary>
    /// <param name="chance">A random number from 0 to 1.</param>
    internal static TimeSpan PauseAfter(int attempts, TimeSpan? asked, double chance)
    {
        var ceiling = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Clamp(attempts - 1, 0, 12)));
        var pause = ceiling * (0.5 + (chance / 2));
        var wish = asked is { } time ? time < LongestAsked ? time : LongestAsked : TimeSpan.Zero;
        return wish > pause ? wish + (FirstPause * chance) : pause;
    }

    // What waits already is told whatever comes of the look; the next look is soon.
    private async Task LookAsync(CancellationToken cancel)
    {
        try
        {
            await GatherAsync(cancel);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error) && !cancel.IsCancellationRequested)
        {
            NotLooked(log, error);
        }
    }

    internal async Task GatherAsync(CancellationToken cancel)
    {
        if (await NoticeGathering.IsWantedAsync(data.Work, cancel))
        {
            await NoticeGathering.ChangeHandsAsync(data.Work, cancel);
            await NoticeGathering.SlaAsync(data.Work, cancel);
            await NoticeGathering.AssignedAsync(data.Work, options.Value.AssignedAfter(), cancel);
        }
    }

    private async Task<(int Told, string? Trouble)> TellAsync(ChannelTurn turn, CancellationToken cancel)
    {
        var (channel, now) = (turn.Channel, clock.GetUtcNow());
        await NoticeWork.DropStaleAsync(data.Work, turn, cancel);
        if (await NoticeWork.NextAsync(data.Work, channel.Id, channel.Quiet.Covers(QuietTime.ZoneOf(channel), now), cancel) is not { } parcel)
        {
            return (0, null);
        }

        var answer = await SendAsync(channel, parcel, now, cancel);
        TowerTelemetry.CountOutcome(Name, answer.Sent ? "sent" : "failed");
        if (answer.Sent)
        {
            await NoticeWork.SentAsync(data.Work, turn, parcel, cancel);
            return (parcel.Notices.Count, null);
        }

        var pause = PauseAfter(parcel.Notices.Max(notice => notice.Attempts) + 1, answer.RetryAfter, Random.Shared.NextDouble());
        await NoticeWork.NotSentAsync(data.Work, turn, parcel, answer.Words, pause, Tries, cancel);
        NotSent(log, channel.Name, parcel.Notices.Count);
        return (0, $"{channel.Name}: {answer.Words}");
    }

    // A parcel that cannot even be made must not stay the first of its channel for ever: it is tried less and less often, and given up, like one that nobody takes.
    private async Task<SendAnswer> SendAsync(NotificationChannel channel, NoticeParcel parcel, DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            return await post.SendAsync(channel, text.Of(channel, parcel, now), parcel.Email, cancel);
        }
        catch (Exception error) when (error is FormatException or ArgumentException or KeyNotFoundException)
        {
            NotMade(log, channel.Name, error.GetType().Name);
            return SendAnswer.No("This message could not be made: an address or a setting of the channel cannot be used.");
        }
    }

    [LoggerMessage(EventId = 2521, Level = LogLevel.Warning, Message = "The look for what has come due failed; it is repeated soon")]
    private static partial void NotLooked(ILogger log, Exception error);

    [LoggerMessage(EventId = 2522, Level = LogLevel.Error, Message = "A message for channel {Channel} could not be made: {Kind}")]
    private static partial void NotMade(ILogger log, string channel, string kind);

    // The receiver's words may name people; they stand on the page, not in the log.
    [LoggerMessage(EventId = 2520, Level = LogLevel.Warning, Message = "Channel {Channel} could not tell {Count} notices, tried again later")]
    private static partial void NotSent(ILogger log, string channel, int count);
}
