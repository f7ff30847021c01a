using ControlTower.Data.Audit;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Notifications;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Pages.Notifications;

/// <summary>Channels, how they are doing, and their newest messages. Each write asks anew who acts.</summary>
public sealed class NotificationsModel(NotificationDesk desk, NotificationQueries queries, CurrentActor actor)
{
    /// <summary>States by which the messages can be narrowed.</summary>
    public static IReadOnlyList<string> States { get; } = ["waiting", "failed", "sent"];

    public IReadOnlyList<NotificationChannel>? Channels { get; private set; }

    public IReadOnlyList<NotificationRow> Messages { get; private set; } = [];

    private Dictionary<Guid, ChannelHealth> health = [];

    public async Task LoadAsync(string? state, CancellationToken cancel = default)
    {
        var channels = await desk.ListAsync(cancel);
        health = (await queries.HealthAsync(cancel)).ToDictionary(one => one.Channel);
        Messages = await queries.ListAsync(state, cancel);
        Channels = channels;
    }

    public ChannelHealth HealthOf(Guid channel) => health.GetValueOrDefault(channel) ?? new ChannelHealth(channel, 0, 0, null, null);

    public async Task<NotificationChannel?> FindAsync(Guid id, CancellationToken cancel = default) => (await desk.ListAsync(cancel)).Find(one => one.Id == id);

    public async Task<int> AgainAsync(Guid channel, CancellationToken cancel = default) => await desk.AgainAsync(channel, await MustAsync(), cancel);

    public async Task<ChannelAnswer> SaveAsync(Guid? id, ChannelDraft draft, int version, CancellationToken cancel = default)
    {
        var by = await MustAsync();
        return id is { } known ? await desk.ChangeAsync(known, draft, version, by, cancel) : await desk.AddAsync(draft, by, cancel);
    }

    public async Task<ChannelAnswer> DeleteAsync(Guid id, int version, CancellationToken cancel = default) => await desk.DeleteAsync(id, version, await MustAsync(), cancel);

    /// <param name="me">Where a test of an e-mail channel goes.</param>
    public async Task<(SendAnswer? Answer, IReadOnlyList<Sync.Connectors.SettingProblem> Problems)> TestAsync(Guid? id, ChannelDraft draft, string me, CancellationToken cancel = default) =>
        await desk.TestAsync(id, draft, me, await MustAsync(), cancel);

    private Task<Actor> MustAsync() => actor.MustAsync(Permissions.NotificationsManage);
}
