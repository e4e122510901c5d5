import {
  Controller,
  type DynamicModule,
  Inject,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Post,
  Req,
  RequestMethod,
  Res,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { freeformGuard } from 'freeform-guard';
import type { Service } from './service.js';

const SERVICE = Symbol('service');
const path = 'workspaces/:workspaceId/channels/:channelId/messages';

@Controller()
class MessagesController {
  readonly #service: Service;

  constructor(@Inject(SERVICE) service: Service) {
    this.#service = service;
  }

  @Post(path)
  async send(@Req() req: Request<{ channelId: string }>, @Res() res: Response): Promise<void> {
    const sends = req.freeformGuard?.sends ?? [{ channelId: req.params.channelId, message: req.body }];
    for (const send of sends) await this.#service.sendToBird(send);
    res.status(202).json({ sent: sends.length });
  }

  /** With `NestFactory.create(module, { rawBody: true })`: the signature covers the raw bytes. */
  @Post('webhooks/bird')
  receive(@Req() req: Request, @Res() res: Response): void {
    this.#service.receiver(req, res);
  }
}

@Module({ controllers: [MessagesController] })
export class MessagesModule implements NestModule {
  readonly #service: Service;

  constructor(@Inject(SERVICE) service: Service) {
    this.#service = service;
  }

  static of(service: Service): DynamicModule {
    return { module: MessagesModule, providers: [{ provide: SERVICE, useValue: service }] };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(freeformGuard(this.#service.guard)).forRoutes({ path, method: RequestMethod.POST });
  }
}
