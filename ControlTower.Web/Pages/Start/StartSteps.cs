using ControlTower.Data.Operations;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Start;

/// <summary>Something that is not there yet.</summary>
/// <param name="Blocks">No order can flow before it is there.</param>
/// <param name="Href">Where it is done; null where it is done outside of the tower.</param>
public sealed record StartGap(string Words, bool Blocks, string? Do = null, string? Href = null);

/// <summary>A step on the way to the first order, as everything stands.</summary>
public sealed record StartStep(string Id, string Name, string Words, IReadOnlyList<StartGap> Gaps)
{
    public bool IsDone { get; init; }
}

/// <summary>The way from an empty tower to its first order. Pure: what is done is read off the picture, never remembered.</summary>
public static class StartSteps
{
    public const string Connections = "connections";
    public const string GoLive = "live";

    public static IReadOnlyList<StartStep> Of(StartPicture picture, Func<DateTimeOffset, string> time)
    {
        StartStep[] before = [Database(picture), Admins(picture), Company(picture), Systems(picture), Owners(picture), LookBack(picture, time)];
        var inTheWay = before.SelectMany(step => step.Gaps).Where(gap => gap.Blocks).ToList();
        return
        [
            .. before,
            new(GoLive, "Go live", picture.First is { } first ? $"first order {first.Name}" : inTheWay.Count == 0 ? "waits for the first order" : $"{Say.Count(inTheWay.Count)} in the way", picture.First is null ? inTheWay : [])
            { IsDone = picture.First is { Booked: true } },
        ];
    }

    /// <summary>Where somebody goes on: the first step at which something is missing that blocks, else the last one.</summary>
    public static StartStep Next(IReadOnlyList<StartStep> steps) => steps.FirstOrDefault(step => !step.IsDone && step.Id != GoLive && step.Gaps.Any(gap => gap.Blocks)) ?? steps[^1];

    /// <summary>Whether calls flow to a system, in one word and one line.</summary>
    public static (Status Status, string Word, string Words) Look(StartConnection system, Func<DateTimeOffset, string> time) => system switch
    {
        { Disabled: { } why } => (Status.Off, "Disabled", why),
        { Paused: { } why } => (Status.Held, "Paused", why),
        { Trouble: { } trouble } => (Status.Bad, "Needs you", trouble),
        { AnsweredAt: { } at } => (Status.Proven, "Proven", $"answered {time(at)}{(system.Pushed ? ", and pushes what is new" : "")}"),
        _ => (Status.Wait, "Not asked yet", "A worker takes it up within seconds."),
    };

    public static string Edit(string id) => $"{Links.EditConnection(id)}?return={Uri.EscapeDataString(Links.StartAt(Connections))}";

    public static string Add(string? kind = null) => $"{Links.NewConnection}?return={Uri.EscapeDataString(Links.StartAt(Connections))}{(kind is null ? "" : $"&kind={kind}")}";

    private static StartStep Database(StartPicture picture) =>
        new("database", "Database", $"PostgreSQL {picture.Server.Split(' ')[0]}, schema {(picture.Schema.Length >= 4 ? picture.Schema[..4] : "new")}", picture.Workers > 0 ? [] : [new("No worker runs. Nothing is read or sent until one does: start one with Tower:Roles=worker, or the tower with both.", true, "Operations", Links.Operations)])
        { IsDone = picture.Workers > 0 };

    private static StartStep Admins(StartPicture picture) =>
        new("admin", "First admin", string.Join(", ", picture.Admins.Take(2)), picture.Admins.Count > 1 ? [] : [new("One person alone can administer. Invite a second, so that one may be away.", false, "People", Links.Admin)]) { IsDone = picture.Admins.Count > 0 };

    private static StartStep Company(StartPicture picture)
    {
        List<StartGap> gaps = [];
        if (picture.Places == 0)
        {
            gaps.Add(new("No place is known where goods lie, so nothing can be reserved. Bring warehouses and stores in with a configuration file.", true, "Configuration", Links.Configuration));
        }

        if (!picture.Stocked)
        {
            gaps.Add(new("No goods are counted anywhere, so every order would wait for stock. State what was counted through the API, with a client that may state stock.", true, "API clients", Links.ApiClients));
        }

        if (picture.Brands.Count == 0)
        {
            gaps.Add(new("No brand is named. It is written at each connection; figures and rules can then be told by brand.", false, "Connections", Links.StartAt(Connections)));
        }

        return new("company", "Company", $"{Many(picture.Brands.Count, "brand")}, {Many(picture.Channels, "channel")}, {Many(picture.Stores, "store")}", gaps) { IsDone = picture.Places > 0 && picture.Stocked };
    }

    private static StartStep Systems(StartPicture picture)
    {
        List<StartGap> gaps = [];
        var used = picture.Connections.Where(system => system.Disabled is null).ToList();
        foreach (var (role, missing, kind) in new[] { ("erp", "An ERP is needed: it keeps the books.", "business-central"), ("shop", "A shop is needed: orders come from it.", "shopify") })
        {
            if (picture.Connections.All(system => system.Role != role))
            {
                gaps.Add(new(missing, true, $"Connect {ConnectionWords.Vendor(kind)}", Add(kind)));
            }
            else if (used.All(system => system.Role != role))
            {
                var first = picture.Connections.First(system => system.Role == role);
                gaps.Add(new($"{first.Name} is disabled: {first.Disabled}", true, "Set it up", Edit(first.Id)));
            }
        }

        foreach (var system in used.Where(system => system.AnsweredAt is null || system.Trouble is not null || system.Paused is not null))
        {
            var needed = system.Role is "erp" or "shop";
            gaps.Add(
                system.Paused is { } paused ? new($"{system.Name} is paused: {paused}", needed, "Open it", Links.Connection(system.Id))
                : system.Trouble is { } trouble ? new($"{system.Name} does not answer well: {trouble}", needed && system.AnsweredAt is null, "Set it up", Edit(system.Id))
                : new($"{system.Name} was not asked yet.", needed, "Open it", Links.Connection(system.Id)));
        }

        return new(Connections, "Connections", $"{Say.Count(used.Count(system => system.AnsweredAt is not null))} of {Say.Count(picture.Connections.Count)} proven", gaps)
        { IsDone = gaps.TrueForAll(gap => !gap.Blocks) };
    }

    private static StartStep Owners(StartPicture picture) =>
        new("owners", "Owners", picture.AssignmentRules == 0 ? "defaults ready" : $"defaults ready, {Many(picture.AssignmentRules, "rule")}",
            picture.AssignmentRules > 0 ? [] : [new("No rule says who gets a case. Cases then wait on the desk until somebody takes them.", false, "Case ownership", Links.CaseOwnership)])
        { IsDone = picture.Owners.Count > 0 };

    private static StartStep LookBack(StartPicture picture, Func<DateTimeOffset, string> time)
    {
        var used = picture.Connections.Where(system => system.Disabled is null && system.Role == "shop").ToList();
        var since = used.Select(system => system.ReadsSince).Min();
        return new("look-back", "Look back", since is { } from ? $"from {time(from)}" : "an hour before the start", []) { IsDone = since is not null };
    }

    private static string Many(int count, string noun) => $"{Say.Count(count)} {noun}{(count == 1 ? "" : "s")}";
}
