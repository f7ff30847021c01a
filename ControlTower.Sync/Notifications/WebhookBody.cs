using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ControlTower.Data.Notifications;

namespace ControlTower.Sync.Notifications;

/// <summary>A message in the shape that each kind of receiver takes. Text from elsewhere is never markup there.</summary>
public static class WebhookBody
{
    private const int SlackHeader = 150;
    private const int SlackText = 3_000;

    public static byte[] Of(string kind, Message message) => kind switch
    {
        ChannelKind.Slack => Bytes(Slack(message)),
        ChannelKind.Teams => Bytes(Teams(message)),
        _ => JsonSerializer.SerializeToUtf8Bytes(new WebhookEvent($"controltower.{message.Type}", message.At, new(message.Title, message.Link, message.Items)), WebhookJson.Default.WebhookEvent),
    };

    // https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and its Block Kit: "text" is what a notification shows.
    private static JsonObject Slack(Message message)
    {
        var blocks = new JsonArray(Block("header", new JsonObject { ["type"] = "plain_text", ["text"] = Cut(message.Title, SlackHeader) }));
        if (message.Facts.Count > 0)
        {
            blocks.Add(Block("section", Marked(string.Join('\n', message.Facts.Select(fact => $"*{Escaped(fact.Name)}:* {Escaped(fact.Value)}")))));
        }

        if (message.Link is { } link)
        {
            blocks.Add(Block("section", Marked($"<{link.AbsoluteUri}|Open in ControlTower>")));
        }

        return new JsonObject { ["text"] = Escaped(message.Title), ["blocks"] = blocks };
    }

    // An Adaptive Card as the "When a Teams webhook request is received" workflow takes it.
    private static JsonObject Teams(Message message)
    {
        var card = new JsonObject
        {
            ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
            ["type"] = "AdaptiveCard",
            ["version"] = "1.4",
            ["body"] = new JsonArray(
                new JsonObject { ["type"] = "TextBlock", ["text"] = Plain(message.Title), ["weight"] = "Bolder", ["size"] = "Medium", ["wrap"] = true },
                new JsonObject { ["type"] = "FactSet", ["facts"] = new JsonArray([.. message.Facts.Select(fact => (JsonNode)new JsonObject { ["title"] = Plain(fact.Name), ["value"] = Plain(fact.Value) })]) }),
        };
        if (message.Link is { } link)
        {
            card["actions"] = new JsonArray(new JsonObject { ["type"] = "Action.OpenUrl", ["title"] = "Open in ControlTower", ["url"] = link.AbsoluteUri });
        }

        return new JsonObject
        {
            ["type"] = "message",
            ["attachments"] = new JsonArray(new JsonObject { ["contentType"] = "application/vnd.microsoft.card.adaptive", ["contentUrl"] = null, ["content"] = card }),
        };
    }

    private static JsonObject Block(string type, JsonObject text) => new() { ["type"] = type, ["text"] = text };

    private static JsonObject Marked(string text) => new() { ["type"] = "mrkdwn", ["text"] = Cut(text, SlackText) };

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '\\' or '*' or '_' or '[' or ']' or '(' or ')' or '`' or '~' or '#' or '<' or '>' or '|')
            {
                plain.Append('\\');
            }

            plain.Append(char.IsControl(c) ? ' ' : c);
        }

        return plain.ToString();
    }

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";

    private static byte[] Bytes(JsonObject body) => Encoding.UTF8.GetBytes(body.ToJsonString());
}

/// <summary>The payload of a generic webhook, as Standard Webhooks asks for it: what, when, and the data.</summary>
internal sealed record WebhookEvent(string Type, DateTimeOffset Timestamp, WebhookData Data);

internal sealed record WebhookData(string Title, Uri? Link, IReadOnlyList<MessageItem> Items);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WebhookEvent))]
internal sealed partial class WebhookJson : JsonSerializerContext;
