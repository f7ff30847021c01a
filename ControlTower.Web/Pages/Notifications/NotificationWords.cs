using ControlTower.Data.Notifications;
using ControlTower.Web.Shared;
using MudBlazor;

namespace ControlTower.Web.Pages.Notifications;

/// <summary>Channels and what they tell, in words.</summary>
internal static class NotificationWords
{
    public static string Kind(string kind) => kind switch
    {
        ChannelKind.Email => "E-mail",
        ChannelKind.Slack => "Slack",
        ChannelKind.Teams => "Teams",
        ChannelKind.Webhook => "Webhook",
        _ => kind,
    };

    public static string Hint(string kind) => kind switch
    {
        ChannelKind.Email => "by SMTP, to the person concerned",
        ChannelKind.Slack => "incoming webhook of a channel",
        ChannelKind.Teams => "workflow that takes a card",
        _ => "signed JSON, Standard Webhooks",
    };

    public static string Icon(string kind) => kind switch
    {
        ChannelKind.Email => Icons.Material.Outlined.Mail,
        ChannelKind.Webhook => Icons.Material.Outlined.Webhook,
        _ => Icons.Material.Outlined.Forum,
    };

    public static string Event(string what) => what switch
    {
        NoticeKind.Sla => "SLA warnings",
        NoticeKind.Assigned => "assignments",
        NoticeKind.Batch => "batches that stop by themselves",
        NoticeKind.Integrity => "findings in the data",
        NoticeKind.Stock => "levels of stock",
        NoticeKind.Promotion => "promotions",
        NoticeKind.Reconciliation => "the backlog of reconciliation",
        NoticeKind.Incident => "incidents",
        NoticeKind.IncidentUntaken => "incidents that nobody takes",
        NoticeKind.Figures => "the week's key figures",
        NoticeKind.Webhook => "webhooks that are switched off",
        NoticeKind.Feed => "feeds",
        NoticeKind.Ownership => "writes that wait",
        _ => what,
    };

    /// <summary>What it is about, for the form.</summary>
    public static string Long(string what) => what switch
    {
        NoticeKind.Sla => "SLA warnings: 3, 2 and 1 hours before a case is due, and when it is overdue",
        NoticeKind.Assigned => "Assignments, when their person has not looked after a while",
        NoticeKind.Batch => "Batches that stop by themselves",
        NoticeKind.Stock => "Levels of stock that fell or rose again",
        NoticeKind.Promotion => "Promotions: sent for approval, stopped, rolled back, expired",
        NoticeKind.Reconciliation => "Reconciliation: a backlog beyond its limits, a channel that fell silent",
        NoticeKind.Feed => "Feeds: a business day that failed, or is late",
        NoticeKind.Ownership => "Ownership: a write by another than the owner that waits for a person",
        NoticeKind.Incident => "Incidents: opened, opened again, worse, drained",
        NoticeKind.IncidentUntaken => "Incidents that nobody has taken in time",
        NoticeKind.Figures => "The key figures of the week before, on Monday",
        NoticeKind.Webhook => "Webhooks that were switched off because nobody took their events",
        _ => "New findings of the check of the data",
    };

    public static (Status Status, string Word) State(string state) => state switch
    {
        "sent" => (Status.Ok, "Sent"),
        "failed" => (Status.Bad, "Given up"),
        "waiting" => (Status.Wait, "Waiting"),
        _ => (Status.Off, "Not needed any more"),
    };
}
