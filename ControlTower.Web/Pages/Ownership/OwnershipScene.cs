using ControlTower.Data.ApiClients;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>A connection as the room sees it.</summary>
/// <param name="PostsTo">For a shop: the ERP that keeps its books.</param>
public sealed record OwnershipSource(string Id, string Name, SystemKind Kind, string Brand, string Region, string? PostsTo)
{
    public SystemRef Ref => new(Id, Name, Kind);
}

/// <summary>What holds, what is to come and what was asked, as it is at one moment. Rules of any other moment are reckoned from it.</summary>
/// <param name="Changes">The newest first, as many as are listed at once.</param>
/// <param name="Layers">All that were ever approved, in the order of their approval.</param>
/// <param name="Sources">In the order of their roles: ERP, shops, tills, payments, banks.</param>
/// <param name="Clients">Programs that may ask the API, as rules name them, with their names.</param>
public sealed record OwnershipScene(
    IReadOnlyList<OwnershipChange> Changes, IReadOnlyList<OwnershipChange> Layers, IReadOnlyList<OwnershipSource> Sources, IReadOnlyList<(string Id, string Name)> Clients, OwnershipCounts Counts,
    DateTimeOffset Now, Func<string, string> RoleOf)
{
    public IReadOnlyList<string> Brands => [.. Sources.Select(s => s.Brand).Where(b => b.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public IReadOnlyList<string> Regions => [.. Sources.Select(s => s.Region).Where(r => r.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The newest change that holds now.</summary>
    public OwnershipChange? InForce => Layers.LastOrDefault(l => l.HoldsAt(Now));

    public RuleBook At(DateTimeOffset at, OwnershipChange? also = null) => RuleBook.At(Layers, at, RoleOf, also);

    /// <summary>What held when a change came: the layers that were approved before it, at the moment from which it holds.</summary>
    public RuleBook Below(OwnershipChange change) => RuleBook.At(
        change.DecidedAt is null || change.State != OwnershipStates.Approved ? Layers : [.. Layers.TakeWhile(l => l.Number != change.Number)], Begins(change), RoleOf);

    /// <summary>What holds with a change as the newest.</summary>
    public RuleBook With(OwnershipChange change) => RuleBook.At(
        change.DecidedAt is null || change.State != OwnershipStates.Approved ? Layers : [.. Layers.TakeWhile(l => l.Number != change.Number)], Begins(change), RoleOf, change);

    /// <summary>The change that would hold again if this one ended.</summary>
    public OwnershipChange? Beneath(OwnershipChange change) => Layers.TakeWhile(l => l.Number != change.Number).LastOrDefault(l => l.EndedAt is null && (l.HoldsUntil is not { } until || until > Now) && l.HoldsFrom <= Later(Begins(change), Now));

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    /// <summary>Whether something that was approved later holds or is to come, and can be ended by a return to this one.</summary>
    public bool CanReturnTo(OwnershipChange change) => IsStanding(change) && Layers.SkipWhile(l => l.Number != change.Number).Skip(1).Any(IsStanding);

    /// <summary>As people call a source of a rule or of a write.</summary>
    public string NameOf(string source) => OwnershipSources.RoleName(source) ?? Sources.FirstOrDefault(s => s.Id == source)?.Name ?? Clients.FirstOrDefault(c => c.Id == source).Name
        ?? (source.StartsWith("client:", StringComparison.Ordinal) ? "an API client that is gone" : source);

    /// <summary>What may stand in a rule's lists, roles first.</summary>
    public IReadOnlyList<(string Id, string Name)> Choices =>
        [.. OwnershipDraftRules.Roles.Select(r => (r, NameOf(r))), .. Sources.Select(s => (s.Id, s.Name)), .. Clients];

    private bool IsStanding(OwnershipChange change) => change is { State: OwnershipStates.Approved, EndedAt: null } && (change.UntilAt is not { } until || until > Now);

    private DateTimeOffset Begins(OwnershipChange change) => change.HoldsFrom ?? (change.FromAt is { } from && from > Now ? from : Now);
}

/// <summary>Reads what the room's pages show.</summary>
public sealed class OwnershipRoom(OwnershipReads reads, ConnectionDirectory connections, OwnershipBook book, ApiClientStore clients, TimeProvider clock)
{
    public static readonly TimeSpan Week = TimeSpan.FromDays(7);

    public async Task<OwnershipScene> ReadAsync(CancellationToken cancel)
    {
        var changes = await reads.ChangesAsync(int.MaxValue, cancel);
        return new OwnershipScene(
            changes, await reads.LayersAsync(changes, cancel), [.. connections.All.Select(Source).OrderBy(s => Place(s.Kind)).ThenBy(s => s.Name, StringComparer.Ordinal).ThenBy(s => s.Id, StringComparer.Ordinal)],
            [.. (await clients.ListAsync(cancel)).Select(c => ($"client:{c.Id}", c.Name))], await reads.CountsAsync(clock.GetUtcNow() - Week, cancel), clock.GetUtcNow(), book.RoleOf);
    }

    private static OwnershipSource Source(LiveConnection one) => new(
        one.Profile.Id, one.Profile.Name, KindOf(one.Profile.Kind, one.Connector?.Role), one.Profile.Brand, one.Profile.Region ?? "", one.Profile.PostsTo);

    private static SystemKind KindOf(string kind, SystemRole? role) => role switch
    {
        SystemRole.Erp => SystemKind.Erp,
        SystemRole.Processor => SystemKind.Payment,
        SystemRole.Bank => SystemKind.Bank,
        null => SystemKind.Unknown,
        _ => kind switch { "square" => SystemKind.Till, "poslog" => SystemKind.File, _ => SystemKind.Shop },
    };

    private static int Place(SystemKind kind) => kind switch { SystemKind.Erp => 0, SystemKind.Shop => 1, SystemKind.Till => 2, SystemKind.File => 3, SystemKind.Payment => 4, SystemKind.Bank => 5, _ => 6 };
}
