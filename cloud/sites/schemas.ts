/** Sites over HTTP: which gateways a site has, and which site a gateway belongs to. */

import { answer, closed, id, list, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

export const sitesAnswer = answer({
  sites: list(
    answer({
      site: Type.String({ description: 'id of the site' }),
      gateways: list(Type.String({ description: 'id of a gateway' })),
      online: Type.Integer({ description: 'gateways that the centre hears from now' }),
    }),
  ),
});

export const moveBody = Type.Object({ site: id('id of the gateway’s site from now on') }, closed);

export const siteAnswer = answer({
  gateway: Type.String({ description: 'id of the gateway' }),
  site: Type.String({ description: 'that counts' }),
  former: Type.Array(
    answer({
      site: Type.String({ description: 'id of the former site' }),
      until: time('what names this site is taken until then'),
    }),
  ),
});
