using ControlTower.Sync.Connectors;
using ControlTower.Sync.Notifications;
using ControlTower.Sync.Relay;

namespace ControlTower.Sync.Webhooks;

/// <summary>A subscription as somebody wants it.</summary>
/// <param name="Url">Null: as it is stored. Never logged, never shown to people.</param>
/// <param name="Types">As CloudEvents name them; empty: all.</param>
/// <param name="Brands">Empty: all that its client may have.</param>
public sealed record WebhookDraft(string? Url, IReadOnlyList<string> Types, IReadOnlyList<string> Brands)
{
    public override string ToString() => "a webhook";
}

/// <summary>Everything wrong with a subscription before it is stored, each with its field. Pure.</summary>
public static class WebhookRules
{
    /// <param name="brands">Those that a connection has.</param>
    public static IReadOnlyList<SettingProblem> Check(WebhookDraft draft, IReadOnlyCollection<string> brands, bool allowPrivate)
    {
        List<SettingProblem> problems = [];
        if (draft.Url is { } url && WrongUrl(url, allowPrivate) is { } wrong)
        {
            problems.Add(new("url", wrong));
        }

        for (var i = 0; i < draft.Types.Count; i++)
        {
            if (draft.Types[i] is null || EventTypes.Find(draft.Types[i]) is not { } type || type == EventTypes.Test)
            {
                problems.Add(new($"types/{i}", "No event of this type is published. See /api/v1/events/types."));
            }
        }

        for (var i = 0; i < draft.Brands.Count; i++)
        {
            if (!brands.Contains(draft.Brands[i]))
            {
                problems.Add(new($"brands/{i}", "No connection has this brand."));
            }
        }

        return problems;
    }

    // Whatever could end a line or hide something is none of an address; the library would drop or escape some of it silently.
    private static string? WrongUrl(string url, bool allowPrivate) =>
        url.Any(c => c is <= ' ' or '\\' or >= '\u007f') ? "Enter the address without blanks, line ends, backslashes or letters beyond ASCII." : WebhookAddress.Wrong(url, allowPrivate);
}
