using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Shared;

/// <summary>Icon, word and tone of a status. A status that this version does not know reads "Outcome unknown".</summary>
public sealed partial class StatusChip : ComponentBase
{
    private Look look = Look.Of(Status.Unk);

    [Parameter, EditorRequired]
    public Status Status { get; set; }

    /// <summary>Says more than the status alone, for example "Half-open" or "Refused".</summary>
    [Parameter]
    public string? Word { get; set; }

    /// <summary>Attempt number; with <see cref="Status.Run"/> the word becomes "Retrying n".</summary>
    [Parameter]
    public int? Attempt { get; set; }

    /// <summary>Until when, for snoozed, held and waiting.</summary>
    [Parameter]
    public DateTimeOffset? Until { get; set; }

    [Parameter]
    public bool Filled { get; set; } = true;

    /// <summary>Extra class, for example <c>s</c>.</summary>
    [Parameter]
    public string? Size { get; set; }

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    private string Text
    {
        get
        {
            var word = Word ?? (Status is Status.Run && Attempt is { } n ? string.Create(CultureInfo.InvariantCulture, $"Retrying {n}") : look.Word);
            return Until is { } until
                ? string.Create(CultureInfo.InvariantCulture, $"{word} {TimeZoneInfo.ConvertTime(until, (Viewer ?? Shared.Viewer.Default).StoreZone):HH:mm}")
                : word;
        }
    }

    protected override void OnParametersSet() => look = Look.Of(Status);
}
