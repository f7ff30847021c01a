using ControlTower.Data.Accounts;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Catalog;
using ControlTower.Data.Db;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Data.Inbox;
using ControlTower.Data.Inventory;
using ControlTower.Data.Kpis;
using ControlTower.Data.Notifications;
using ControlTower.Data.Operations;
using ControlTower.Data.Outbox;
using ControlTower.Data.Ownership;
using ControlTower.Data.Promotions;
using ControlTower.Data.Webhooks;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Operations;
using Hangfire;

namespace ControlTower.Sync.Jobs;

/// <summary>
/// Makes room for what is to come and erases what must not be kept, each kind of data after its time (<see cref="RetentionKinds"/>); words of closed cases go as their class says, files of exports when they can no
/// longer be fetched, answers to keys of API clients after a day and what clients asked after two weeks, ended sessions and links at once. Keys of messages and postings stay, they are the guard against duplicates. Works in slices and whole months, so that no statement is long.
/// </summary>
public sealed class Retention(InboxUpkeep inbox, CallLog calls, SessionStore sessions, PauseBook pauses, IntegrityStore integrity, ExportStore exports, TowerDataSources data, ErasureDesk erasure, RetentionDesk retention)
{
    [AutomaticRetry(Attempts = 3)]
    public async Task RunAsync(CancellationToken cancel)
    {
        var kept = await retention.TimesAsync(cancel);
        await calls.PrepareAsync(cancel);
        await inbox.EraseBodiesAsync(kept(RetentionKinds.Bodies), cancel);
        await calls.EraseBodiesAsync(kept(RetentionKinds.Bodies), cancel);
        await calls.ForgetAsync(kept(RetentionKinds.Calls), cancel);
        await sessions.PruneAsync(cancel);
        await pauses.TellAsync(cancel);
        await integrity.ForgetAsync(kept(RetentionKinds.Checks), cancel);
        await erasure.CatchUpAsync(kept(RetentionKinds.Buyers), cancel);
        await NoticeWork.ForgetAsync(data.Work, kept(RetentionKinds.Notices), cancel);
        await WebhookWork.ForgetAsync(data.Work, kept(RetentionKinds.Bodies), cancel);
        await exports.ForgetAsync(kept(RetentionKinds.Exports), cancel);
        await FeedWork.ForgetAsync(data.Work, kept(RetentionKinds.Feeds), cancel);
        await DriftStore.ForgetAsync(data.Work, kept(RetentionKinds.Told), cancel);
        await ListingStore.ForgetAsync(data.Work, kept(RetentionKinds.Told), cancel);
        await PriceCells.ForgetAsync(data.Work, kept(RetentionKinds.Told), cancel);
        await KpiWork.ForgetAsync(data.Work, kept(RetentionKinds.Levels), cancel);
        await OwnershipLog.ForgetAsync(data.Work, kept(RetentionKinds.Writes), cancel);
        await ApiWriteStore.ForgetAsync(data.Work, cancel);
        await ApiRequestStore.ForgetAsync(data.Work, kept(RetentionKinds.Requests), cancel);
        await ApiLimitStore.ForgetAsync(data.Work, kept(RetentionKinds.Requests), cancel);
    }
}
