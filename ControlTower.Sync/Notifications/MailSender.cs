using System.Globalization;
using System.Net.Sockets;
using System.Text;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Http;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace ControlTower.Sync.Notifications;

/// <summary>Hands messages to a mail server by SMTP. Its acceptance is the success: what becomes of a mail behind it nobody here can know.</summary>
public sealed class MailSender(TimeProvider clock) : IMessageSender
{
    public bool Sends(string kind) => kind == ChannelKind.Email;

    public async Task<SendAnswer> SendAsync(MessagePlace place, Message message, CancellationToken cancel)
    {
        // Lists of withdrawn certificates cannot be reached from closed networks; certificates are validated all the same.
        using var client = new SmtpClient { CheckCertificateRevocation = false };
        try
        {
            var settings = place.Settings;
            var socket = await SoundSocket.ConnectAsync(settings.Host, settings.Port, SoundAddress.IsKept, cancel);
            await client.ConnectAsync(socket, settings.Host, settings.Port, Security(settings.Tls), cancel);
            if (settings.User.Length > 0)
            {
                await client.AuthenticateAsync(settings.User, place.Secrets["password"], cancel);
            }

            using var mail = Mail(place, message, clock.GetUtcNow());
            var said = await client.SendAsync(mail, cancel);
            await LeaveAsync(client, cancel);
            return new SendAnswer(Sent: true, $"The mail server took it: {Short(said)}");
        }
        catch (Exception error) when (error is SocketException or IOException or ProtocolException or CommandException or AuthenticationException or SslHandshakeException
            or NotSupportedException or ServiceNotConnectedException or InvalidOperationException)
        {
            return SendAnswer.No(Words(error));
        }
    }

    private static SecureSocketOptions Security(string tls) => tls switch
    {
        "tls" => SecureSocketOptions.SslOnConnect,
        "none" => SecureSocketOptions.None,
        _ => SecureSocketOptions.StartTls,
    };

    private static MimeMessage Mail(MessagePlace place, Message message, DateTimeOffset now)
    {
        var from = MailboxAddress.Parse(place.Settings.From);
        var mail = new MimeMessage { Subject = message.Title, Date = now, MessageId = $"{message.Id}@{from.Domain}", Body = new TextPart("plain") { Text = Text(message) } };
        mail.From.Add(from);
        mail.To.AddRange(place.To.Select(MailboxAddress.Parse));
        // RFC 3834: nobody's holiday notice answers a machine.
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        return mail;
    }

    private static string Text(Message message)
    {
        var text = new StringBuilder().Append(message.Title).Append("\n\n");
        foreach (var fact in message.Facts)
        {
            text.Append(fact.Name).Append(": ").Append(fact.Value).Append('\n');
        }

        return message.Link is { } link ? text.Append('\n').Append(link.AbsoluteUri).Append('\n').ToString() : text.ToString();
    }

    // It has taken the mail: how it says goodbye changes nothing.
    private static async Task LeaveAsync(SmtpClient client, CancellationToken cancel)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancel);
        }
        catch (Exception error) when (error is IOException or ProtocolException or CommandException or SocketException)
        {
            client.Dispose();
        }
    }

    private static string Words(Exception error) => error switch
    {
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "The mail server's name was not found.",
        SocketException { SocketErrorCode: SocketError.NetworkUnreachable } => "The mail server's address cannot be reached, or is none that may be called.",
        SocketException => "The mail server refused the connection.",
        SslHandshakeException => "No secure connection to the mail server: the certificate or the protocol was not accepted.",
        AuthenticationException => "The mail server did not accept the user and the password.",
        SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted } refused => string.Create(CultureInfo.InvariantCulture, $"The mail server answered {(int)refused.StatusCode} to a recipient: {Short(refused.Message)}"),
        SmtpCommandException refused => string.Create(CultureInfo.InvariantCulture, $"The mail server answered {(int)refused.StatusCode}: {Short(refused.Message)}"),
        NotSupportedException => "The mail server does not offer what is set: STARTTLS, or a way to sign in.",
        _ => "The connection to the mail server broke.",
    };

    private static string Short(string text)
    {
        var plain = new string([.. text.Where(c => !char.IsControl(c))]).Trim();
        return plain.Length <= 160 ? plain : plain[..160];
    }
}
